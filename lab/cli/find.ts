// The search is the library's own, since its commands run the CLI too.
export { findInFolder, findInHome, findOnPath, isExecutable, onPath } from "../../src/stack/find-cli.js";
