#!/usr/bin/env node
import * as path from "node:path";

// The SDK reads the pack's version from the working directory.
process.chdir(path.join(__dirname, ".."));
// Loaded after that: it starts to serve at once.
require("./pack");
