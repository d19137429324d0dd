import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Values } from "../engine/lifecycle.js";
import { parseDocument } from "./document.js";
import { editedText } from "./edit.js";
import { documentOf, type Environment } from "./environment.js";
import { documentText } from "./export.js";
import { type Kind, roots } from "./kinds.js";
import { jsonText, yamlText } from "./print.js";
import type { References } from "./references.js";
import { SourceText } from "./source-text.js";

/** Puts the text in the place of the file as a whole: who reads it sees the old or the new one. False where it stood there already. */
export function replaceFile(file: string, text: string, former?: string): boolean {
  if (former === text) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}`);
  try {
    writeFileSync(beside, text, { mode: existsSync(file) ? statSync(file).mode : 0o644 });
    renameSync(beside, file);
  } finally {
    rmSync(beside, { force: true });
  }
  return true;
}

/** What it would be to the file to hold the text. */
export type FileState = "new" | "changed" | "same";

export function fileState(file: string, text: string): FileState {
  const former = textOf(file);
  if (former === undefined) return "new";
  return former === text ? "same" : "changed";
}

/** Undefined where there is no such file. */
export function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** `changed  operator/north.yaml`. */
export function fileStateText(state: string, file: string): string {
  return `${state.padEnd(7)}  ${file}`;
}

function formatOf(file: string): "json" | "yaml" {
  return /\.json$/i.test(file) ? "json" : "yaml";
}

/**
 * Writes a document. Of a file that exists only what differs is touched, and where the environment is a part, the rest stays. Throws
 * where the file is no document.
 */
export function writeDocument(
  file: string,
  environment: Environment,
  { isPart = false, dryRun = false } = {},
): boolean {
  if (!existsSync(file)) return dryRun || replaceFile(file, documentText(environment, formatOf(file), file));
  const source = SourceText.read(file);
  const { incomplete } = parseDocument(source);
  const before = source.value as Values;
  const after = documentOf(environment);
  const kept = isPart || incomplete.size > 0 || environment.incomplete.size > 0 ? withRest(before, after) : after;
  const { $schema } = before;
  const text = editedText(source, $schema === undefined ? kept : { ...kept, $schema });
  return dryRun ? text !== source.text : replaceFile(file, text, source.text);
}

/** Writes a references file: its aliases, order and comments stay, new aliases are added. */
export function writeReferences(file: string, references: References, { dryRun = false } = {}): boolean {
  const value = references.toValue();
  if (!existsSync(file)) {
    return dryRun || replaceFile(file, formatOf(file) === "json" ? jsonText(value) : yamlText(value));
  }
  const source = SourceText.read(file);
  const text = editedText(source, value);
  return dryRun ? text !== source.text : replaceFile(file, text, source.text);
}

/** What the new value does not speak of stays as it was. */
function withRest(before: Values, after: Values): Values {
  const result: Values = { ...before, ...after };
  for (const kind of roots) {
    const section = kind.form.section;
    const [old, now] = [before[section], after[section]];
    if (old === undefined || now === undefined) continue;
    if (kind.form.shape === "map") result[section] = { ...(old as Values), ...(now as Values) };
    if (kind.form.shape === "list") result[section] = union(kind, old as Values[], now as Values[]);
  }
  return result;
}

function union({ form }: Kind, old: readonly Values[], now: readonly Values[]): Values[] {
  const keyOf = (entry: Values) => JSON.stringify(form.key.map((name) => entry[name]));
  const keys = new Set(now.map(keyOf));
  return [...old.filter((entry) => !keys.has(keyOf(entry))), ...now];
}
