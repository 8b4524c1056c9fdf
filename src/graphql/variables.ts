import { Fault, FaultCode } from "../shared/user-error.ts";

/** Deeper than any input of the schema; a value deeper than the call stack would else end the request as a failure of ours. */
const VALUE_DEPTH_LIMIT = 32;
/** More fields than any input has. Of an object with wrong fields graphql-js shows the whole, once for each of them. */
const FIELD_LIMIT = 200;
/** Longer than the name of any field or label. Of a wrong name graphql-js makes a list of characters to find others like it. */
const NAME_LENGTH_LIMIT = 1_000;
/** Twice as many as any list takes: to fit each value to its type takes far longer than to count them. */
const LIST_LIMIT = 20_000;
/** More values than the largest call that is taken has. */
const VALUE_LIMIT = 100_000;

/** Refuses variables of a shape that no input has, before they are fitted to their types. Throws BAD_USER_INPUT. */
export function refuseHeavyVariables(variables: Readonly<Record<string, unknown>> | null | undefined): void {
  let count = 0;

  function look(value: unknown, depth: number, place: string): void {
    count += 1;
    if (count > VALUE_LIMIT) throw refuse(place, `variables have at most ${VALUE_LIMIT.toLocaleString("en")} values in all`);
    if (typeof value !== "object" || value === null) return;
    if (depth > VALUE_DEPTH_LIMIT) throw refuse(place, "this value is nested too deeply");
    if (Array.isArray(value)) {
      if (value.length > LIST_LIMIT) throw refuse(place, `no list has more than ${LIST_LIMIT.toLocaleString("en")} values`);
      for (const item of value) look(item, depth + 1, place);
      return;
    }
    const fields = Object.entries(value);
    if (fields.length > FIELD_LIMIT) throw refuse(place, `no input has more than ${FIELD_LIMIT} fields`);
    if (fields.some(([name]) => name.length > NAME_LENGTH_LIMIT))
      throw refuse(place, `no input has a field whose name is longer than ${NAME_LENGTH_LIMIT.toLocaleString("en")} characters`);
    for (const [name, field] of fields) look(field, depth + 1, depth === 0 ? `variables.${name.slice(0, 100)}` : place);
  }

  look(variables, 0, "variables");
}

function refuse(place: string, message: string): Fault {
  return new Fault(FaultCode.BAD_USER_INPUT, `${place}: ${message}.`);
}
