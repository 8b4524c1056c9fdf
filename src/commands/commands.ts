import type { Command } from "./command.ts";
import { keyCommand } from "./key.ts";
import { migrateCommand } from "./migrate.ts";
import { organizationCreateCommand, organizationPackagesCommand } from "./organization.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [migrateCommand, keyCommand, organizationCreateCommand, organizationPackagesCommand];
