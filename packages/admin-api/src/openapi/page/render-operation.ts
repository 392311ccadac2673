import type { MediaType, OpenApiDocument, Operation, Parameter, Reference, Response } from '../openapi-document.ts'
import { html, inlineCode, type Html } from './html.ts'
import { renderSchema } from './render-schema.ts'

/** One operation: what it takes, what it answers, and a line to try. */
export function renderOperation (document: OpenApiDocument, path: string, method: string, operation: Operation): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation
  const taken = parameters.map(parameter => resolveParameter(document, parameter))
  return html`<article id="${operationId}">
<h3><span class="method ${method}">${method.toUpperCase()}</span> <code>${path}</code></h3>
<p>${inlineCode(summary)}${summary.endsWith('.') ? '' : '.'} ${inlineCode(description ?? '')}</p>
${taken.length > 0 ? parameterTable(taken) : undefined}
${requestBody === undefined ? undefined : html`<h4>Body</h4>${contentOf(requestBody.content)}`}
<h4>Answers</h4>
<table>${Object.entries(responses).map(([status, response]) => responseRow(status, resolveResponse(document, response)))}</table>
<pre>${curlOf(path, method, operation)}</pre>
</article>`
}

function parameterTable (parameters: readonly Parameter[]): Html {
  return html`<table>${parameters.map(({ name, in: place, required, description, schema }) =>
    html`<tr><th><code>${name}</code>${required === true ? html`<b title="required"> *</b>` : undefined}</th><td>${place}</td><td>${renderSchema(schema)} <span class="note">${inlineCode(description)}</span></td></tr>`)}</table>`
}

function responseRow (status: string, { description, content = {} }: Response): Html {
  const json = content['application/json']
  return html`<tr><th>${status}</th><td>${inlineCode(description)}${json === undefined ? undefined : html`<details><summary>body</summary>${contentOf({ 'application/json': json })}</details>`}</td></tr>`
}

function contentOf (content: Readonly<Record<string, MediaType>>): Html {
  return html`${Object.entries(content).map(([type, { schema, example }]) =>
    html`<div><code>${type}</code> ${renderSchema(schema)}${example === undefined ? undefined : html`<pre>${JSON.stringify(example, undefined, 2)}</pre>`}</div>`)}`
}

function curlOf (path: string, method: string, { requestBody, security }: Operation): string {
  const example = requestBody?.content['application/json']?.example
  return [
    `curl "http://127.0.0.1:9180${path}"`,
    ...(security === undefined ? ['-H "X-API-KEY: $admin_key"'] : []),
    ...(method === 'get' ? [] : method === 'head' ? ['-I'] : [`-X ${method.toUpperCase()}`]),
    ...(requestBody === undefined ? [] : [`-d '${example === undefined ? '...' : JSON.stringify(example)}'`])
  ].join(' ')
}

function resolveParameter ({ components }: OpenApiDocument, parameter: Parameter | Reference): Parameter {
  if (!('$ref' in parameter)) return parameter
  return components.parameters[nameOf(parameter)] as Parameter // the document is validated by its tests: every reference leads somewhere
}

function resolveResponse ({ components }: OpenApiDocument, response: Response | Reference): Response {
  return '$ref' in response ? components.responses[nameOf(response)] as Response : response // as above
}

function nameOf ({ $ref }: Reference): string {
  return $ref.split('/').at(-1) ?? ''
}
