import type { FoundConsumer, RequestContext } from '@clinch/plugins'
import t from 'tap'
import { fakeRequest } from '../support/request-context.ts'
import { complaintAbout, responseOf, runPlugin } from './run-plugin.ts'

const jack: FoundConsumer = { username: 'jack', credentialId: undefined, groupId: 'gold', labels: {}, conf: {} }
const route = { id: 'r1', service_id: 7 } as unknown as NonNullable<RequestContext['route']> // of a route the plugin reads no more
const rejected = (type: string) => ({ status: 403, body: { message: `The ${type} is forbidden.` } })
const unknown = (type: string) => ({ status: 401, body: { message: `The request is rejected, please check the ${type} for this request` } })
const byMethods = (...methods: string[]) => ({ allowed_by_methods: [{ user: 'jack', methods }] })

const cases: ReadonlyArray<readonly [behaviour: string, conf: object, request: Partial<RequestContext>, response: object | undefined]> = [
  ['a consumer of the whitelist passes', { whitelist: ['jill', 'jack'] }, { consumer: jack }, undefined],
  ['another does not', { whitelist: ['jill'] }, { consumer: jack }, rejected('consumer_name')],
  ['a consumer of the blacklist is refused', { blacklist: ['jack'] }, { consumer: jack }, rejected('consumer_name')],
  ['another passes', { blacklist: ['jill'] }, { consumer: jack }, undefined],
  ['the blacklist comes before the whitelist', { blacklist: ['jack'], whitelist: ['jack'] }, { consumer: jack }, rejected('consumer_name')],
  ['names have a case', { whitelist: ['Jack'] }, { consumer: jack }, rejected('consumer_name')],
  ['nobody is refused', { blacklist: ['jill'] }, {}, unknown('consumer_name')],
  ['a group of the whitelist passes', { type: 'consumer_group_id', whitelist: ['gold'] }, { consumer: jack }, undefined],
  ['a group of the blacklist is refused', { type: 'consumer_group_id', blacklist: ['gold'] }, { consumer: jack }, rejected('consumer_group_id')],
  ['who has no group is refused', { type: 'consumer_group_id', blacklist: ['gold'] }, { consumer: { ...jack, groupId: undefined } }, unknown('consumer_group_id')],
  ['a route of the whitelist passes', { type: 'route_id', whitelist: ['r1'] }, { route }, undefined],
  ['another route does not', { type: 'route_id', whitelist: ['r2'] }, { route }, rejected('route_id')],
  ['a service of the blacklist is refused, its id being a number', { type: 'service_id', blacklist: ['7'] }, { route }, rejected('service_id')],
  ['a route without a service is refused', { type: 'service_id', blacklist: ['7'] }, { route: { ...route, service_id: undefined } as unknown as typeof route }, unknown('service_id')],
  ['an allowed method passes', byMethods('GET', 'POST'), { consumer: jack, method: 'POST' }, undefined],
  ['another method does not', byMethods('GET'), { consumer: jack, method: 'POST' }, rejected('consumer_name')],
  ['who is not listed passes', byMethods('GET'), { consumer: { ...jack, username: 'jill' }, method: 'POST' }, undefined],
  ['with only_listed_users not', { ...byMethods('GET'), only_listed_users: true }, { consumer: { ...jack, username: 'jill' }, method: 'GET' }, rejected('consumer_name')],
  ['only_listed_users lets pass who is listed', { ...byMethods('GET'), only_listed_users: true }, { consumer: jack, method: 'GET' }, undefined],
  ['for the whitelisted methods do not count', { whitelist: ['jack'], ...byMethods('GET') }, { consumer: jack, method: 'POST' }, undefined],
  ['for the blacklisted neither', { blacklist: ['jack'], ...byMethods('GET') }, { consumer: jack }, rejected('consumer_name')],
  ['of two entries for one user the first counts', { allowed_by_methods: [{ user: 'jack', methods: ['GET'] }, { user: 'jack', methods: ['POST'] }] }, { consumer: jack, method: 'POST' }, rejected('consumer_name')],
  ['code and message can be set', { blacklist: ['jack'], rejected_code: 429, rejected_msg: 'no' }, { consumer: jack }, { status: 429, body: { message: 'no' } }],
  ['but not those for nobody', { blacklist: ['jack'], rejected_code: 429, rejected_msg: 'no' }, {}, unknown('consumer_name')]
]

for (const [behaviour, conf, request, response] of cases) {
  t.test(behaviour, async t => {
    const { access } = await runPlugin('consumer-restriction', conf)
    t.strictSame(responseOf(await access?.(fakeRequest(request))), response)
  })
}

t.test('a configuration that could not work is refused', async t => {
  const complaints: ReadonlyArray<readonly [conf: object, complaint: string]> = [
    [{}, 'object matches none of the required: ["blacklist"] or ["whitelist"] or ["allowed_by_methods"]'],
    [{ type: 'consumer', blacklist: ['a'] }, 'property "type" validation failed: matches none of the enum values'],
    [{ whitelist: [] }, 'property "whitelist" validation failed: expect array to have at least 1 items'],
    [{ blacklist: ['a'], rejected_code: 199 }, 'property "rejected_code" validation failed: expected 199 to be at least 200'],
    [{ blacklist: ['a'], rejected_code: 600 }, 'property "rejected_code" validation failed: expected 600 to be at most 599'],
    [{ blacklist: ['a'], only_listed_users: true }, 'only_listed_users goes with allowed_by_methods']
  ]
  for (const [conf, complaint] of complaints) t.equal(await complaintAbout('consumer-restriction', conf), complaint)
  for (const entry of [{ user: 'jack' }, { methods: ['GET'] }, { user: 'jack', methods: [] }, { user: 'jack', methods: ['get'] }]) {
    t.match(await complaintAbout('consumer-restriction', { allowed_by_methods: [entry] }), /^property "allowed_by_methods" validation failed: failed to validate item 1: property "(user|methods)"/)
  }
})
