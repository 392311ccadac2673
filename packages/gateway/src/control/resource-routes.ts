import type { FastifyInstance } from 'fastify'
import { sendJson, sendList, sendMissing } from './answers.ts'
import type { ControlApiOptions } from './control-api.ts'
import { runtimeObjectOf, type RuntimeObject } from './runtime-object.ts'

/** What the gateway works with, as it understands it: routes, services and upstreams, all of a kind or one. */
export function addResourceRoutes (app: FastifyInstance, options: ControlApiOptions): void {
  for (const [collection, noun] of [['routes', 'route'], ['services', 'service'], ['upstreams', 'upstream']] as const) {
    const keyPattern = new RegExp(`^${collection}/[^/]+$`) // what belongs to an object has more segments
    const read = (isWanted: (key: string) => boolean): RuntimeObject[] => options.objects()
      .filter(({ key }) => keyPattern.test(key) && isWanted(key))
      .flatMap(object => runtimeObjectOf(object, collection, options) ?? [])

    app.get(`/v1/${collection}`, async (_request, reply) => sendList(reply, read(() => true)))

    app.get<{ Params: { id: string } }>(`/v1/${noun}/:id`, async ({ params: { id } }, reply) => {
      const [found] = read(key => key === `${collection}/${id}`)
      return found === undefined ? sendMissing(reply, `${noun}[${id}] not found`) : sendJson(reply, found)
    })
  }
}
