import * as path from "node:path";

/** The folder of this repository. */
export const repositoryRoot = path.resolve(__dirname, "..");
