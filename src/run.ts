import { runCommandLine } from "./commands/command-line.ts";
import { limitHeapGrowth } from "./shared/heap-growth.ts";

limitHeapGrowth();

// Ends the process even where something left open would keep it: whoever asked for the end has waited for what matters.
process.exit(await runCommandLine(process.argv.slice(2)));
