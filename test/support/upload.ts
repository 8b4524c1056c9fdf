/** Sends an operation with one file as a GraphQL multipart request. */
export async function sendUpload<Data = Record<string, unknown>>(given: {
  readonly url: string;
  readonly key: string | null;
  readonly query: string;
  /** The input of the mutation, without its file. */
  readonly input: object;
  readonly file: string | Uint8Array<ArrayBuffer> | Blob;
  readonly headers?: Record<string, string>;
}): Promise<{
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly { readonly extensions: { readonly code: string } }[];
}> {
  const form = new FormData();
  form.append("operations", JSON.stringify({ query: given.query, variables: { input: { ...given.input, file: null } } }));
  form.append("map", JSON.stringify({ "0": ["variables.input.file"] }));
  form.append("0", new Blob([given.file]), "sessions.csv");
  const response = await fetch(`${given.url}/graphql`, {
    method: "POST",
    headers: { ...(given.key !== null && { authorization: `Bearer ${given.key}` }), "apollo-require-preflight": "1", ...given.headers },
    body: form,
  });
  const { data = null, errors = [] } = (await response.json()) as { data?: Data; errors?: never[] };
  return { status: response.status, data, errors };
}
