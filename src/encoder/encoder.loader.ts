import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findEncoders, type EncoderReading } from "./encoder.reads.ts";

/** Encoders by id. */
export const encoderLoader = defineLoader<EncoderReading>("encoders", async ({ database }, ids) =>
  inOrderOf(
    ids,
    await findEncoders(
      database.executor,
      ids.filter((id) => isIdentifier("encoder", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);
