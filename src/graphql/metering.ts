import type { ApolloServerPlugin } from "@apollo/server";
import { UNREADABLE, type MeteredOperation, type OperationMeters } from "../observability/operation.meters.ts";
import { failOperationSpan, nameOperationSpan } from "../observability/spans.ts";
import { meteredOperation, type ParsedOperation } from "./metered-operation.rules.ts";
import type { RequestContext } from "./request.ts";

/** What counts operations, and how it names them. */
export interface Metering extends OperationMeters {
  readonly nameOf: (operation: ParsedOperation) => MeteredOperation;
}

export function createMetering(meters: OperationMeters, listed: ReadonlySet<string>): Metering {
  return { ...meters, nameOf: (operation) => meteredOperation(operation, listed) };
}

/** The codes of an answer's errors. */
export function codesOf(errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> | undefined }[]): readonly string[] {
  return errors.map(({ extensions }) => String(extensions?.["code"] ?? "INTERNAL_SERVER_ERROR"));
}

/** Counts queries and mutations, and names their spans. */
export function meteringPlugin(): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      const startedAt = performance.now();
      let metered = UNREADABLE;
      return {
        async didResolveOperation({ schema, document, operation, contextValue }) {
          if (!operation) return;
          metered = contextValue.metering.nameOf({ schema, document, operation });
          nameOperationSpan(operation.operation, operation.name?.value);
        },
        async willSendResponse({ response, contextValue }) {
          const codes = codesOf((response.body.kind === "single" && response.body.singleResult.errors) || []);
          const [first = null] = codes;
          if (first !== null) failOperationSpan(first);
          contextValue.metering.erred(codes);
          contextValue.metering.answered(metered, first, startedAt);
        },
      };
    },
  };
}
