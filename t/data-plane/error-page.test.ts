import t from 'tap'
import { errorPage } from '../../packages/data-plane/src/proxy/error-page.ts'

t.test('pages by status', async t => {
  const cases: ReadonlyArray<readonly [code: number, sent: number, title: string, heading: string, line?: string]> = [
    [404, 404, '404 Not Found', '404 Not Found'],
    [401, 401, '401 Authorization Required', '401 Authorization Required'],
    [503, 503, '503 Service Temporarily Unavailable', '503 Service Temporarily Unavailable'],
    [494, 400, '400 Request Header Or Cookie Too Large', '400 Bad Request', 'Request Header Or Cookie Too Large'],
    [495, 400, '400 The SSL certificate error', '400 Bad Request', 'The SSL certificate error']
  ]
  for (const [code, sent, title, heading, line] of cases) {
    const page = errorPage(code)
    t.equal(page.status, sent)
    const lines = page.body?.toString().split('\r\n')
    t.equal(lines?.[1], `<head><title>${title}</title></head>`)
    t.equal(lines?.[3], `<center><h1>${heading}</h1></center>`)
    t.equal(lines?.[4], line === undefined ? '<hr><center>Clinch</center>' : `<center>${line}</center>`)
  }
})

t.test('a status without a page has no body', async t => {
  t.strictSame(errorPage(418), { status: 418, body: undefined, closes: false })
})
