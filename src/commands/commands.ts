import type { Command } from "./command.ts";
import { demoCommand } from "./demo.ts";
import { doctorCommand } from "./doctor.ts";
import { keyCommand } from "./key.ts";
import { migrateCommand } from "./migrate.ts";
import {
  organizationAssetsCommand,
  organizationCreateCommand,
  organizationKeyCommand,
  organizationListCommand,
  organizationPackagesCommand,
} from "./organization.ts";
import { encoderCommand, gatewayCommand, startCommand } from "./start.ts";

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  startCommand,
  gatewayCommand,
  encoderCommand,
  demoCommand,
  migrateCommand,
  doctorCommand,
  keyCommand,
  organizationCreateCommand,
  organizationPackagesCommand,
  organizationAssetsCommand,
  organizationListCommand,
  organizationKeyCommand,
];
