import type { Reading } from "./reading.js";
import { otherReadings } from "./reading-others.js";
import { serviceReadings } from "./reading-services.js";
import { departures } from "./values.js";

const order = departures.map(({ label }) => label);

/** One for each setting that departs from the default, in the order in which the switches are declared. */
export const readings: readonly Reading[] = [...serviceReadings, ...otherReadings].toSorted(
  (a, b) => order.indexOf(a.setting) - order.indexOf(b.setting),
);
