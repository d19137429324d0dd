export { compareVersions, executable, type FoundEngine, minimumVersion } from "../../src/engine/find-cli.js";
export { pulumiHome } from "../../src/engine/home.js";

/** The version that is downloaded or built. */
export const engineVersion = "3.259.0";
