package gerritd

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Version is the release under test: the newest line that runs on Java 17.
const Version = "3.10.2"

// jars are Maven coordinates. The war of this release is in no registry, but the
// two of Gerrit's jars below hold the whole server between them; Bouncy Castle is
// what its ssh needs besides.
func jars() []string {
	return []string{
		"com.google.gerrit:gerrit-plugin-api:" + Version,
		"com.google.gerrit:gerrit-acceptance-framework:" + Version,
		"org.bouncycastle:bcprov-jdk18on:1.78.1",
		"org.bouncycastle:bcpg-jdk18on:1.78.1",
		"org.bouncycastle:bcpkix-jdk18on:1.78.1",
		"org.bouncycastle:bcutil-jdk18on:1.78.1",
	}
}

// cacheDir is the user's: what is in it can be made again.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("torchbearer-%d", os.Geteuid()))
	}
	dir := filepath.Join(base, "torchbearer", "gerrit-"+Version)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	return dir, nil
}

// cached tells whether the war is there already.
func cached() bool {
	dir, err := cacheDir()
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, "gerrit.war"))
	return err == nil
}

// war returns the path of the server's war, and makes it if it is missing: half
// a minute the first time, most of it for Maven.
func war() (string, error) {
	dir, err := cacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "gerrit.war")
	// The test programs of several packages run side by side.
	unlock, err := lock(filepath.Join(dir, "war.lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	work, err := os.MkdirTemp(dir, "war-")
	if err != nil {
		return "", fmt.Errorf("make war: %w", err)
	}
	defer os.RemoveAll(work)
	if err := fetch(work); err != nil {
		return "", err
	}
	made := filepath.Join(work, "gerrit.war")
	if err := assemble(made, work); err != nil {
		return "", fmt.Errorf("make war: %w", err)
	}
	if err := os.Rename(made, path); err != nil {
		return "", fmt.Errorf("make war: %w", err)
	}
	return path, nil
}

// fetch has Maven copy the jars into dir/lib, from wherever this machine's Maven
// is set up to look.
func fetch(dir string) error {
	var items strings.Builder
	for _, jar := range jars() {
		part := strings.Split(jar, ":")
		fmt.Fprintf(&items, "<artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></artifactItem>\n",
			part[0], part[1], part[2])
	}
	pom := filepath.Join(dir, "pom.xml")
	text := `<project><modelVersion>4.0.0</modelVersion>
<groupId>torchbearer</groupId><artifactId>gerrit-war</artifactId><version>1</version><packaging>pom</packaging>
<build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId>
<configuration><outputDirectory>${basedir}/lib</outputDirectory><artifactItems>
` + items.String() + `</artifactItems></configuration></plugin></plugins></build></project>
`
	if err := os.WriteFile(pom, []byte(text), 0o600); err != nil {
		return fmt.Errorf("ask Maven: %w", err)
	}
	if out, err := exec.Command("mvn", "-q", "-B", "-f", pom, "dependency:copy").CombinedOutput(); err != nil {
		return fmt.Errorf("copy jars by Maven: %w\n%s", err, out)
	}
	return nil
}

// assemble writes the war: a launcher at the root, everything else as jars.
func assemble(path, dir string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	w := zip.NewWriter(out)
	put := func(name string, content io.Reader) error {
		// Stored: the jars are compressed already.
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return err
		}
		_, err = io.Copy(f, content)
		return err
	}
	manifest := "Manifest-Version: 1.0\nMain-Class: com.google.gerrit.launcher.GerritLauncher\n\n"
	if err := put("META-INF/MANIFEST.MF", strings.NewReader(manifest)); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(dir, "lib", "*.jar"))
	if err != nil {
		return err
	}
	if len(found) != len(jars()) {
		return fmt.Errorf("copy jars by Maven: there are %d, want %d", len(found), len(jars()))
	}
	for _, jar := range found {
		if strings.HasPrefix(filepath.Base(jar), "gerrit-plugin-api-") {
			if err := copyLauncher(jar, put); err != nil {
				return err
			}
		}
		content, err := os.Open(jar)
		if err != nil {
			return err
		}
		err = put("WEB-INF/lib/"+filepath.Base(jar), content)
		content.Close()
		if err != nil {
			return err
		}
	}
	version, err := versionJar()
	if err != nil {
		return err
	}
	if err := put("WEB-INF/lib/version.jar", bytes.NewReader(version)); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}

// copyLauncher takes the classes that open the war out of a jar.
func copyLauncher(jar string, put func(string, io.Reader) error) error {
	r, err := zip.OpenReader(jar)
	if err != nil {
		return err
	}
	defer r.Close()
	classes := 0
	for _, f := range r.File {
		if !strings.HasPrefix(f.Name, "com/google/gerrit/launcher/") || !strings.HasSuffix(f.Name, ".class") {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return err
		}
		err = put(f.Name, content)
		content.Close()
		if err != nil {
			return err
		}
		classes++
	}
	if classes == 0 {
		return fmt.Errorf("no launcher in %s", filepath.Base(jar))
	}
	return nil
}

// versionJar holds the resource that Gerrit reads its own version from; without
// it the server calls itself "(dev)".
func versionJar() ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("com/google/gerrit/common/Version")
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(f, "v"+Version); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
