import t from 'tap'
import { loadPlugins } from '@clinch/plugins'
import { recordLog } from '../support/log-recorder.ts'
import { complaintAbout } from './run-plugin.ts'

t.test('code in the configuration is refused, and may stay where it is switched off', async t => {
  for (const [name, priority] of [['serverless-pre-function', 10000], ['serverless-post-function', -2000]] as const) {
    const functions = ['return function(conf, ctx) ngx.exit(401) end']
    t.equal(await complaintAbout(name, { functions }), 'serverless functions in Lua are not supported')
    t.equal(await complaintAbout(name, { functions, _meta: { disable: true } }), undefined)
    t.equal(await complaintAbout(name, { phase: 'access' }), 'property "functions" is required')
    const catalog = await loadPlugins([name], { baseDir: import.meta.dirname, attrs: {}, log: recordLog().log })
    t.equal(catalog.get(name)?.plugin.priority, priority)
  }
})
