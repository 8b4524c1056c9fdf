import { auditEntriesInsert } from "../access/audit.store.ts";
import type { Transaction } from "../database/database.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";

/** How the audit names whoever works on the command line of the installation. */
const COMMAND_LINE = "command line";
const REQUEST_ID_LENGTH = 20;

export interface CommandRecord {
  readonly organizationId: string;
  /** One of the API's verbs. */
  readonly verb: string;
  readonly objectIds: readonly string[];
}

/** Keeps what the operator of the installation did to an organization, for its ADMINs to see. */
export async function auditCommand(transaction: Transaction, record: CommandRecord): Promise<void> {
  const entry = { ...record, id: newIdentifier("auditentry"), at: new Date(), actor: COMMAND_LINE, ipAddress: null, outcome: "ACCEPTED" };
  await transaction.execute(auditEntriesInsert([{ ...entry, requestId: randomToken(REQUEST_ID_LENGTH) }]));
}
