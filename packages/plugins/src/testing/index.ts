// What tests of plugins are made with: `import { tryPlugin, fakeRequest } from '@clinch/plugins/testing'`.
export { fakeRequest, fakeResponse } from './fake-request.ts'
export type { FakeRequest } from './fake-request.ts'
export { linkTo, noMachine } from './machine-link.ts'
export { tryPlugin } from './try-plugin.ts'
export type { Surroundings, TriedPlugin } from './try-plugin.ts'
