const upstream = { type: 'roundrobin', nodes: { '127.0.0.1:1980': 1 } }

/** A body that is taken, by the noun of its kind; t/admin-api/openapi.test.ts checks each. */
export const examples: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  route: { uri: '/v1/*', upstream },
  service: { name: 'orders', upstream },
  upstream,
  ssl: { sni: 'test.com', cert: '$env://TEST_COM_CERT', key: '$env://TEST_COM_KEY' },
  consumer: { username: 'jack' },
  'consumer group': { plugins: {} },
  'global rule': { plugins: {} },
  'plugin config': { plugins: {} },
  proto: { content: 'syntax = "proto3"; package hello; message Empty {}' },
  'stream route': { server_port: 9100, upstream },
  'graphql cost decoration': { field_path: 'query.orders', mul_arguments: ['first'] }
}
