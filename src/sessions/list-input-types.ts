import type { Context } from "../access/context.ts";
import { isInputOfEngine } from "../encoder/capabilities.rules.ts";
import { listOnlineEncoders } from "../encoder/encoder.store.ts";
import { INPUT_TYPE_FACTS, InputType, type InputTypeFacts } from "./session.rules.ts";

export interface InputTypeInfo extends InputTypeFacts {
  readonly type: InputType;
  readonly isRunnable: boolean;
}

/** Every input type with its rules, and whether it can be run by what is online. */
export async function listInputTypes({ database }: Context): Promise<readonly InputTypeInfo[]> {
  const encoders = await listOnlineEncoders(database.executor);
  const runnable = new Set(encoders.flatMap(({ supportedInputs }) => supportedInputs));
  return Object.values(InputType).map((type) => ({
    type,
    ...INPUT_TYPE_FACTS[type],
    isRunnable: encoders.length === 0 ? isInputOfEngine(type) : runnable.has(type),
  }));
}
