#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { runCommandLine } from "./commands/command-line.ts";

// Before it collects, V8 would let the heap of a gateway with thousands of sockets grow by more than these take themselves.
setFlagsFromString("--heap-growing-percent=50");

// Ends the process even where something left open would keep it: whoever asked for the end has waited for what matters.
process.exit(await runCommandLine(process.argv.slice(2)));
