import type { CodegenConfig } from "@graphql-codegen/cli";

/** Typed documents of schema/operations for the tests; the result is committed, and test/schema.test.ts compares it. */
const config: CodegenConfig = {
  schema: "schema/schema.graphql",
  documents: ["schema/operations/*.graphql"],
  generates: {
    "test/generated/documents.ts": {
      plugins: [{ add: { content: "// Made by `npm run codegen`." } }, "typescript-operations", "typed-document-node"],
      config: {
        documentMode: "string",
        useTypeImports: true,
        enumType: "string-literal",
        strictScalars: true,
        scalars: { DateTime: "string", URL: "string", Upload: "File", Cursor: "string" },
      },
    },
  },
  silent: true,
};

export default config;
