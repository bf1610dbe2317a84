// Runs a Python program in Pyodide: `node in_pyodide.mjs FOLDER CHECKOUT PROGRAM`, with pyodide and wheels in FOLDER.
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, checkout, program] = process.argv.slice(2).map((path) => resolve(path));
try {
  const { loadPyodide } = await import(pathToFileURL(join(folder, "node_modules/pyodide/pyodide.mjs")));
  const pyodide = await loadPyodide();
  for (const name of readdirSync(join(folder, "wheels"))) {
    pyodide.unpackArchive(new Uint8Array(readFileSync(join(folder, "wheels", name))), "wheel");
  }
  for (const name of ["backprop_tutor", "exercises"]) {
    pyodide.FS.mkdirTree(`/checkout/${name}`);
    pyodide.mountNodeFS(`/checkout/${name}`, join(checkout, name));
  }
  pyodide.runPython("import sys; sys.path.insert(0, '/checkout'); sys.dont_write_bytecode = True");
  pyodide.runPython(readFileSync(program, "utf8"));
} catch (error) {
  console.error(String(error.message ?? error)); // without the source, of which Pyodide's is one line of a megabyte
  process.exit(1);
}
