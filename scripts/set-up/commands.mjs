import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SetUpError } from './errors.mjs'
import { runLongTask } from './long-task.mjs'

/** By command, the Debian package that brings it. */
const needed = { etcd: 'etcd-server', etcdctl: 'etcd-client', openssl: 'openssl', curl: 'curl', yq: 'yq' }
const wanted = { 'redis-server': 'redis-server' }

/**
 * Sees to the commands that the tests run. Missing ones are installed where that needs no question: on Debian and its
 * kin, as root or with a sudo that asks for no password. Elsewhere the error says what to type; where redis cannot be had
 * a line says so, and its tests are skipped.
 */
export async function installCommands () {
  await installMissing(needed)
  await installMissing(wanted).catch(err => {
    if (!(err instanceof SetUpError)) throw err
    process.stderr.write(`${err.message}\nUntil then the tests with redis are skipped.\n`)
  })
}

async function installMissing (debianPackages) {
  const missing = missingCommands(debianPackages)
  if (missing.length === 0) return
  const packages = missing.map(command => debianPackages[command])
  const become = isCommand('apt-get') ? waysToBecomeRoot() : undefined
  if (become === undefined) throw new SetUpError(whatToType(missing, packages))

  await runLongTask(`Installing what the tests need (apt-get install ${packages.join(' ')})`,
    [...become, 'sh', '-c', installScript, 'install', ...packages]).catch(err => {
    throw new SetUpError(`${err.message}\n${whatToType(missing, packages)}`)
  })
  const stillMissing = missingCommands(debianPackages)
  if (stillMissing.length > 0) throw new SetUpError(whatToType(stillMissing, stillMissing.map(command => debianPackages[command])))
}

// Debian starts a service as it installs it. While policy-rc.d says no (101) it does not, so no etcd of the system takes
// port 2379 and no redis 6379, now or after the next boot. A policy that was there before is put back, whatever happens.
const installScript = `
set -e
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d
kept=$policy.kept
if [ -e $policy ] && [ ! -e $kept ]; then mv $policy $kept; fi
trap 'rm -f $policy; if [ -e $kept ]; then mv $kept $policy; fi' EXIT
trap 'exit 1' INT TERM HUP
printf '#!/bin/sh\\nexit 101\\n' > $policy
chmod 755 $policy
apt-get update -q
apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
for service in etcd redis-server; do
  if command -v systemctl > /dev/null; then
    case " $* " in *" $service"*) systemctl disable $service > /dev/null 2>&1 || true; esac
  fi
done
`

function missingCommands (debianPackages) {
  return Object.keys(debianPackages).filter(command => !isCommand(command))
}

function isCommand (name) {
  return (process.env.PATH ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The words before a command that make it root's without a question, or undefined when there are none. */
function waysToBecomeRoot () {
  if (process.getuid?.() === 0) return []
  return isCommand('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined
}

function whatToType (missing, packages) {
  const type = isCommand('brew')
    ? `brew install ${[...new Set(missing.map(command => command === 'etcdctl' ? 'etcd' : command))].join(' ')}`
    : `sudo apt-get update && sudo apt-get install -y ${packages.join(' ')}`
  const where = isCommand('brew') || isCommand('apt-get') ? '' : ' (on Debian; the packages of other systems have similar names)'
  return `The tests need ${missing.join(', ')}. Type this${where}, then try again:\n\n  ${type}\n`
}
