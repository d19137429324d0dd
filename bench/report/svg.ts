import { STEP_TITLES, STEPS, type Step } from "../fleet.js";
import { type Results, secondsOf } from "../results.js";
import { sizesOf, subjectsOf } from "./tables.js";

const PANEL = { width: 300, height: 220, left: 44, right: 12, top: 30, bottom: 30 };
const COLUMNS = 3;
const COLOURS = ["#6b7280", "#2563eb", "#0d9488", "#dc2626", "#9333ea", "#d97706", "#65a30d", "#db2777", "#0891b2"];

/** How each subject's time grows with the fleet: a panel per step, both axes logarithmic. */
export function plot(results: Results): string {
  const steps = STEPS.filter((step) => results.cells.some((cell) => cell.step === step));
  const subjects = subjectsOf(results);
  const rows = Math.ceil(steps.length / COLUMNS);
  const [width, height] = [COLUMNS * PANEL.width, rows * PANEL.height + 30];
  const panels = steps.map((step, index) => {
    const place = `translate(${(index % COLUMNS) * PANEL.width} ${Math.floor(index / COLUMNS) * PANEL.height})`;
    return `<g transform="${place}">${panel(results, step, subjects)}</g>`;
  });
  const legend = subjects.map(
    (subject, index) =>
      `<text x="${12 + index * 110}" y="${height - 10}" fill="${COLOURS[index % COLOURS.length]}">&#9679; ${subject}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...panels,
    ...legend,
    "</svg>\n",
  ].join("\n");
}

function panel(results: Results, step: Step, subjects: readonly string[]): string {
  const sizes = sizesOf(results);
  const seconds = (subject: string, size: number) => secondsOf(results, subject, size, step);
  const times = subjects.flatMap((subject) => sizes.flatMap((size) => seconds(subject, size) ?? []));
  const x = logarithmic(sizes, PANEL.left, PANEL.width - PANEL.right);
  const y = logarithmic(powersAround(times), PANEL.height - PANEL.bottom, PANEL.top);
  const lines = subjects.map((subject, index) => {
    const points = sizes.flatMap((size) => {
      const time = seconds(subject, size);
      return time === undefined ? [] : [[x(size), y(time)] as const];
    });
    const colour = COLOURS[index % COLOURS.length];
    const path = points.map((point) => point.map((value) => value.toFixed(1)).join(",")).join(" ");
    const dots = points.map(
      ([cx, cy]) => `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="2.5" fill="${colour}"/>`,
    );
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>${dots.join("")}`;
  });
  const scale = powersAround(times).map((value) => {
    const at = y(value).toFixed(1);
    const line = `<line x1="${PANEL.left}" x2="${PANEL.width - PANEL.right}" y1="${at}" y2="${at}" stroke="#e5e7eb"/>`;
    return `${line}<text x="${PANEL.left - 6}" y="${Number(at) + 4}" text-anchor="end">${value} s</text>`;
  });
  const labels = sizes.map(
    (size) => `<text x="${x(size)}" y="${PANEL.height - 12}" text-anchor="middle">${size}</text>`,
  );
  const title = `<text x="${PANEL.left}" y="18" font-weight="bold">${STEP_TITLES[step]}</text>`;
  return [title, ...scale, ...labels, ...lines].join("");
}

/** A scale over the values; one value alone lies in the middle. */
function logarithmic(values: readonly number[], from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  if (low === high) return () => (from + to) / 2;
  return (value) => from + ((Math.log(value) - low) / (high - low)) * (to - from);
}

function powersAround(times: readonly number[]): number[] {
  const low = Math.floor(Math.log10(Math.min(...times)));
  const high = Math.ceil(Math.log10(Math.max(...times)));
  return Array.from({ length: high - low + 1 }, (_, index) => Number((10 ** (low + index)).toPrecision(1)));
}
