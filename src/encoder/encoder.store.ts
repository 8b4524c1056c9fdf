import { eq } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { EncoderStatus, type OnlineEncoder } from "./encoder.rules.ts";
import { encoders } from "./encoder.table.ts";

/** Every encoder that takes sessions now, of all regions, with what it can run. */
export async function listOnlineEncoders(executor: Executor): Promise<readonly OnlineEncoder[]> {
  return executor
    .select({
      id: encoders.id,
      name: encoders.name,
      region: encoders.region,
      supportedInputs: encoders.supportedInputs,
      supportedOutputs: encoders.supportedOutputs,
      supportedVideoCodecs: encoders.supportedVideoCodecs,
      supportedAudioCodecs: encoders.supportedAudioCodecs,
      missing: encoders.missing,
    })
    .from(encoders)
    .where(eq(encoders.status, EncoderStatus.ONLINE))
    .orderBy(encoders.id);
}
