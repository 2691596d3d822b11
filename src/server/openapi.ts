/** The OpenAPI 3.1 document of the control API, and a page to read it. */
import { apiSchemas, type Schema, schemaRef } from './api-schemas.ts';
import type { ApiOperation } from './control-api.ts';

type Described = Omit<ApiOperation, 'handle'>;

const jsonOf = (schema: Schema): Schema => ({ 'application/json': { schema } });

export function openApiDocument(operations: readonly Described[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = operation.pattern.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace control API',
      version,
      description:
        'Ask for a change, read the plan, confirm it by its hash, watch it. Nothing changes without a confirmed plan.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{}, { token: [] }],
    paths,
    components: { schemas: apiSchemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function describe({ method, pattern, summary, body, query = [], answer }: Described): unknown {
  const inPath = [...pattern.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = query.map(({ name, preset, max, description }) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'integer', minimum: 1, maximum: max, default: preset },
  }));
  return {
    operationId: `${method.toLowerCase()}${pattern.replaceAll(/[/:]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(schemaRef(body)) } }),
    responses: {
      200: { description: summary, content: jsonOf(schemaRef(answer)) },
      default: { description: 'A failure', content: jsonOf(schemaRef('Error')) },
    },
  };
}

export function openApiPage(operations: readonly Described[]): string {
  const rows = operations.map(({ method, pattern, summary, body, query = [], answer }) => {
    const path = `/api/v1${pattern}${query.length === 0 ? '' : `?${query.map(({ name }) => name).join('&')}`}`;
    return `<tr><td><code>${method} ${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td><td>${schemaLink(body)}</td><td>${schemaLink(answer)}</td></tr>`;
  });
  const schemas = Object.entries(apiSchemas).map(
    ([name, schema]) => `<h3 id="${name}">${name}</h3><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Millrace API</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/control.css"></head>
<body>
<header><h1>Millrace control API</h1></header>
<p>The same as <a href="/api/v1/openapi.json">OpenAPI 3.1</a>. Writes need <code>content-type: application/json</code>; with tokens, <code>authorization: Bearer …</code>. Nothing changes without a plan that was confirmed by its hash. Failures are an <a href="#Error">Error</a>.</p>
<table><thead><tr><th>Call</th><th></th><th>Body</th><th>Answer</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
<h2>Shapes</h2>
${schemas.join('\n')}
</body>
</html>
`;
}

function schemaLink(name: string | undefined): string {
  return name === undefined ? '' : `<a href="#${name}">${name}</a>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
