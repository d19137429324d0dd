import * as path from "node:path";

/** The folder of this repository. */
export const repositoryRoot = path.resolve(__dirname, "..");

/** What `pulumi-amigo` runs, as it is compiled. */
export const commandFile = path.join(repositoryRoot, "dist", "cli", "main.js");
