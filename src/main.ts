#!/usr/bin/env node
import { runCommandLine } from "./commands/command-line.ts";

// Ends the process even where something left open would keep it: whoever asked for the end has waited for what matters.
process.exit(await runCommandLine(process.argv.slice(2)));
