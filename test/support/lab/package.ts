/** Shell: the beginning of a Debian package, whose files then stand in the folder of its name. */
export function beginPackage(name: string, description: string): string {
  return `set -e
mkdir -p /root/source/${name}/DEBIAN
cd /root/source
cat >${name}/DEBIAN/control <<END
Package: ${name}
Version: 1
Architecture: all
Maintainer: kato
Description: ${description}
END`;
}

/** Shell: builds it from there, and makes it the only one that apt knows. */
export function onlyPackage(name: string): string {
  return `dpkg-deb --build ${name} only.deb
{ cat ${name}/DEBIAN/control; echo Filename: ./only.deb; echo Size: $(stat -c %s only.deb)
  echo SHA256: $(sha256sum only.deb | cut -d' ' -f1); } >Packages
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/root/source ./' >/etc/apt/sources.list
apt-get -q update`;
}
