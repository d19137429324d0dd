/** How a user calls the CLI: the package is installed in a project, and its command is not on PATH. */
export const COMMAND = "npx pulumi-amigo";
