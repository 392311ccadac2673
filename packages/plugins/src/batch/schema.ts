import { WithDefault } from '@clinch/schema'
import { Type } from '@sinclair/typebox'
import type { BatchSettings } from './batch-processor.ts'

/** What every logger has that sends in batches. @param name - the plugin's default for `name` */
export function batchFields (name: string) {
  return {
    name: WithDefault(Type.String({ default: name })),
    batch_max_size: WithDefault(Type.Integer({ minimum: 1, default: 1000 })),
    buffer_duration: WithDefault(Type.Integer({ minimum: 1, default: 60, description: 'seconds' })),
    inactive_timeout: WithDefault(Type.Integer({ minimum: 1, default: 5, description: 'seconds' })),
    max_retry_count: WithDefault(Type.Integer({ minimum: 0, default: 0 })),
    retry_delay: WithDefault(Type.Integer({ minimum: 0, default: 1, description: 'seconds' }))
  }
}

/** `plugin_metadata` of such a logger. */
export const batchMetadataFields = {
  max_pending_entries: WithDefault(Type.Integer({ minimum: 1, default: 8192, description: 'entries that wait in one worker, in all buffers of the plugin' }))
}

export interface BatchConf {
  readonly name: string
  readonly batch_max_size: number
  readonly buffer_duration: number
  readonly inactive_timeout: number
  readonly max_retry_count: number
  readonly retry_delay: number
}

export function batchSettingsOf (conf: BatchConf): BatchSettings {
  return {
    name: conf.name,
    maxSize: conf.batch_max_size,
    bufferDurationMs: conf.buffer_duration * 1000,
    inactiveTimeoutMs: conf.inactive_timeout * 1000,
    maxRetryCount: conf.max_retry_count,
    retryDelayMs: conf.retry_delay * 1000
  }
}
