import { html, htmlText } from './html.ts'
import { pageStyle } from './page-style.ts'

/** Asks for the key. It goes into the body of a POST: not into an address that is logged, and into no cookie. */
export function renderKeyForm (refusal?: string): string {
  return `<!DOCTYPE html>\n${htmlText(html`<html lang="en">
<head><meta charset="utf-8"><title>Clinch Admin API</title><style>${pageStyle}</style></head>
<body>
<nav></nav>
<main>
<h1>Clinch Admin API</h1>
<form method="post" action="/apisix/admin/docs">
<p><label>The admin key, or a viewer's: <input type="password" name="api_key" autocomplete="off" required autofocus></label> <button>Read</button></p>
${refusal === undefined ? undefined : html`<p role="alert">${refusal}</p>`}
</form>
</main>
</body>
</html>
`)}`
}
