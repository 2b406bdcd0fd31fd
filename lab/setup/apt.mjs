import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The environment that makes apt-get keep everything it writes in one folder, and so work without root. The machine's
 * sources, keys and proxy settings stay in force; its hooks do not. Dir::Etc::main is read last, so it has the last word.
 * @param {string} folder
 * @param {string} [more] further settings, in the words of apt.conf
 */
export async function aptEnvironment(folder, more = '') {
  await Promise.all(
    ['lists/partial', 'archives/partial'].map((name) => mkdir(join(folder, name), { recursive: true })),
  );
  const first = join(folder, 'first.conf');
  const last = join(folder, 'last.conf');
  await writeFile(first, `Dir::Etc::main "${last}";\n`);
  await writeFile(last, configuration(folder, existsSync('/etc/apt/apt.conf')) + more);
  return { ...process.env, APT_CONFIG: first, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
}

const configuration = (folder, hasMain) => `${hasMain ? '#include "/etc/apt/apt.conf";\n' : ''}
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
Dir::State "${folder}/";
Dir::State::lists "${folder}/lists/";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "${folder}/";
Dir::Cache::archives "${folder}/archives/";
Dir::Log "${folder}/";
Debug::NoLocking "true";
APT::Sandbox::User "";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
`;
