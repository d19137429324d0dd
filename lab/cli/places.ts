export { pulumiHome } from "../../src/engine/provider/home.js";
export { compareVersions, executable, type FoundEngine, minimumVersion } from "../../src/stack/find-cli.js";

/** The version that is downloaded or built. */
export const engineVersion = "3.259.0";
