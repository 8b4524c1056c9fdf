import type { Environment } from "../environment.ts";
import { s3SettingsOf } from "../environment.settings.ts";
import type { Finding } from "./finding.ts";

const ANSWER_DEADLINE_MILLISECONDS = 5_000;
/** Of no asset: it is looked for, and there is nothing to delete in it. */
const NO_FOLDER = "doctor";
const subject = "object store";

/** Asks the bucket that assets are moved to, as gateways and encoders do. */
export async function examineObjectStore(environment: Environment): Promise<readonly Finding[]> {
  const settings = s3SettingsOf(environment);
  if (!settings) return [];
  const { createS3Storage } = await import("../storage/s3-storage.ts");
  const storage = createS3Storage({ ...settings, silenceMilliseconds: ANSWER_DEADLINE_MILLISECONDS });
  const where = `the bucket ${settings.bucket} at ${settings.endpoint ?? "Amazon"}`;
  try {
    await storage.deleteFolder(NO_FOLDER);
    return [{ subject, verdict: "OK", text: where }];
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const text = `${where} cannot be used (${reason}). Assets stay with their encoders until then, and what is in it is answered with 503.`;
    return [{ subject, verdict: "LIMITED", text }];
  } finally {
    storage.close();
  }
}
