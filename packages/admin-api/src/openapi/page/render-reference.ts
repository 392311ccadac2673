import { httpMethods, type OpenApiDocument, type Operation } from '../openapi-document.ts'
import { html, htmlText, inlineCode, type Html } from './html.ts'
import { pageStyle } from './page-style.ts'
import { renderOperation } from './render-operation.ts'
import { renderSchema } from './render-schema.ts'

interface Listed { readonly path: string, readonly method: string, readonly operation: Operation }

/** The whole document as one page, without a script and without anything to load. */
export function renderReference (document: OpenApiDocument): string {
  const { info, tags, components } = document
  const byTag = Map.groupBy(operationsOf(document), ({ operation: { tags: [tag] } }) => tag)
  return `<!DOCTYPE html>\n${htmlText(html`<html lang="en">
<head><meta charset="utf-8"><title>${info.title}</title><meta name="viewport" content="width=device-width"><style>${pageStyle}</style></head>
<body>
<nav>
<b>${info.title} ${info.version}</b>
${tags.map(({ name }) => html`<details><summary>${name}</summary>${(byTag.get(name) ?? []).map(({ path, method, operation }) =>
    html`<a href="#${operation.operationId}" title="${path}"><span class="method ${method}">${method.toUpperCase()}</span> ${operation.summary}</a>`)}</details>`)}
<details><summary>every schema</summary>${Object.keys(components.schemas).map(name => html`<a href="#schema-${name}">${name}</a>`)}</details>
</nav>
<main>
<h1>${info.title}</h1>
<p>${info.summary}</p>
<p>${inlineCode(info.description)}</p>
${tags.map(({ name, description }) => html`<section><h2>${name}</h2><p>${inlineCode(description)}</p>${(byTag.get(name) ?? []).map(({ path, method, operation }) => renderOperation(document, path, method, operation))}</section>`)}
<section><h2>schemas</h2>${Object.entries(components.schemas).map(([name, schema]) => schemaArticle(name, schema))}</section>
</main>
</body>
</html>
`)}`
}

function operationsOf ({ paths }: OpenApiDocument): Listed[] {
  return Object.entries(paths).flatMap(([path, item]) => httpMethods.flatMap(method => {
    const operation = item[method]
    return operation === undefined ? [] : [{ path, method, operation }]
  }))
}

function schemaArticle (name: string, schema: Readonly<Record<string, unknown>>): Html {
  return html`<article id="schema-${name}"><h3>${name}</h3>${renderSchema(schema)}<details><summary>JSON Schema</summary><pre>${JSON.stringify(schema, undefined, 2)}</pre></details></article>`
}
