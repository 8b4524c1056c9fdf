import { apiKeyLoader } from "../access/api-key.loader.ts";
import { alertLoader } from "../alerts/alert.loaders.ts";
import { assetLoader } from "../assets/asset.loaders.ts";
import { auditEntryLoader } from "../audit/audit.loader.ts";
import { encoderLoader } from "../encoder/encoder.loader.ts";
import { eventLoader } from "../events/event.loader.ts";
import { organizationLoader } from "../organizations/organization.loader.ts";
import { chatMessageLoader, questionLoader } from "../messages/message.loaders.ts";
import { scheduledActionLoader } from "../schedules/scheduled-action.loader.ts";
import { processLoader } from "../processes/process.loaders.ts";
import { inputSwitchLoader, runLoader } from "../sessions/run.loaders.ts";
import { playbackLoader, secretLoader, sessionLoader } from "../sessions/session.loaders.ts";
import { templateLoader } from "../templates/template.loader.ts";
import { webhookDeliveryLoader, webhookLoader } from "../webhooks/webhook.loaders.ts";
import type { NodeDefinition } from "./node.ts";

/** Everything that `node(id)` finds. Whoever adds a type that implements Node adds its line here. */
export const NODES: readonly NodeDefinition[] = [
  { kind: "alert", loader: alertLoader },
  { kind: "apikey", loader: apiKeyLoader },
  { kind: "asset", loader: assetLoader },
  { kind: "auditentry", loader: auditEntryLoader },
  { kind: "encoder", loader: encoderLoader },
  { kind: "event", loader: eventLoader },
  { kind: "inputswitch", loader: inputSwitchLoader },
  { kind: "organization", loader: organizationLoader },
  { kind: "chatmessage", loader: chatMessageLoader },
  { kind: "playback", loader: playbackLoader },
  { kind: "process", loader: processLoader },
  { kind: "question", loader: questionLoader },
  { kind: "run", loader: runLoader },
  { kind: "scheduledaction", loader: scheduledActionLoader },
  { kind: "secret", loader: secretLoader },
  { kind: "session", loader: sessionLoader },
  { kind: "template", loader: templateLoader },
  { kind: "webhook", loader: webhookLoader },
  { kind: "webhookdelivery", loader: webhookDeliveryLoader },
];
