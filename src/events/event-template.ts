import type { TransactionContext } from "../access/context.ts";
import { validatePlayback } from "../playbacks/playback.validation.ts";
import { loadValidationFacts } from "../sessions/create-sessions.ts";
import { prefixed, Refusal } from "../shared/user-error.ts";
import type { EventLanguageDraft } from "./event.input.ts";

/** Refuses templates that are not there, or that HLS cannot carry; holds those that are until the transaction ends. */
export async function refuseTemplates(
  context: TransactionContext,
  languages: readonly EventLanguageDraft[],
  pathOf: (index: number) => readonly string[],
): Promise<void> {
  const facts = await loadValidationFacts(context);
  const errors = languages.flatMap(({ templateId }, index) => {
    const playback = validatePlayback({ name: "Event", type: "HTTP", templateId, hlsEnabled: true }, facts);
    return prefixed(playback.errors ?? [], pathOf(index));
  });
  if (errors.length > 0) throw new Refusal(...errors);
}
