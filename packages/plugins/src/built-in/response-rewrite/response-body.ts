import type { Logger } from 'pino'
import { ContentDecoder } from '../../content-coding/content-decoder.ts'
import type { HeaderList } from '../../contract/header-list.ts'
import type { RequestContext } from '../../contract/request-context.ts'
import { compileBodyFilters } from './body-filters.ts'
import { FilteredBody } from './filtered-body.ts'
import type { ResponseRewrite } from './schema.ts'

/** A body on its way to the client, from its first octet to its end. */
export interface BodyRewrite {
  take (chunk: Buffer, isLast: boolean): Buffer
  close (): void
}

/** Begins to rewrite the body of a response with that head; undefined: it has to stay as it is. */
export type StartBodyRewrite = (context: RequestContext, head: HeaderList) => BodyRewrite | undefined

/** Compiles what is done to bodies; undefined: nothing. */
export function compileBodyRewrite ({ body, body_base64: isBase64, filters, max_resp_body_size: maxBytes }: ResponseRewrite, log: Logger): StartBodyRewrite | undefined {
  if (body !== undefined) {
    const replacement = replaceBy(Buffer.from(body, isBase64 ? 'base64' : 'utf8'))
    return () => replacement
  }
  if (filters === undefined) return undefined
  const filter = compileBodyFilters(filters)

  return ({ id }, head) => {
    const onTooLong = (): void => log.error({ reqId: id, maxBytes }, 'response body is longer than max_resp_body_size and passes unfiltered')
    if (Number(head.get('content-length') ?? 0) > maxBytes) {
      onTooLong()
      return undefined
    }
    const coding = head.get('content-encoding') ?? 'identity'
    const decoder = coding === 'identity' ? undefined : ContentDecoder.for(coding)
    if (coding !== 'identity' && decoder === undefined) {
      log.error({ reqId: id, coding }, 'response body has an unknown content coding and passes unfiltered')
      return undefined
    }
    return new FilteredBody({ filter, decoder, maxBytes, onTooLong })
  }
}

function replaceBy (body: Buffer): BodyRewrite {
  return {
    take: (_chunk, isLast) => isLast ? body : nothing,
    close () {}
  }
}

const nothing = Buffer.alloc(0)
