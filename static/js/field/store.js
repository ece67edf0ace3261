/* What the phone keeps: jobs as the server gave them, acts that wait for a signal, their photos, a few facts.
   One IndexedDB database, read and written by the page and by its service worker. */

const NAME = "desk-field";
const VERSION = 1;
const STORES = { jobs: { keyPath: "id" }, outbox: { keyPath: "seq", autoIncrement: true }, blobs: {}, meta: {} };

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(STORES)) request.result.createObjectStore(name, options);
    };
    request.onsuccess = () => {
      // Another tab may want to delete the database at log-out.
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      // A full disk closes it under our hands.
      request.result.onclose = () => { opened = undefined; };
      resolve(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      reject(request.error);
    };
  });
  return opened;
}

/* One transaction over the stores in `names`; `work(stores)` may return a request, whose result is the answer. */
async function transact(names, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(names, mode, { durability: "strict" });
    const stores = Object.fromEntries(names.map((name) => [name, transaction.objectStore(name)]));
    const request = work(stores);
    transaction.oncomplete = () => resolve(request?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

const read = (name, work) => transact([name], "readonly", (stores) => work(stores[name]));
const write = (name, work) => transact([name], "readwrite", (stores) => work(stores[name]));

export const meta = (key) => read("meta", (store) => store.get(key));
export const setMeta = (key, value) => write("meta", (store) => store.put(value, key));
export const jobs = () => read("jobs", (store) => store.getAll());
export const blob = (key) => read("blobs", (store) => store.get(key));
/* Oldest first. */
export const acts = () => read("outbox", (store) => store.getAll());
export const putAct = (act) => write("outbox", (store) => store.put(act));

/* The pack takes the place of all jobs at once, so that nothing of a job that is no longer ours stays. */
export function replaceJobs(list, facts) {
  return transact(["jobs", "meta"], "readwrite", ({ jobs: store, meta: facts_ }) => {
    store.clear();
    list.forEach((job) => store.put(job));
    Object.entries(facts).forEach(([key, value]) => facts_.put(value, key));
  });
}

/* An act and its files, all or nothing; answers its place in the row. */
export function addAct(act, files) {
  return transact(["outbox", "blobs"], "readwrite", ({ outbox, blobs }) => {
    Object.entries(files).forEach(([name, file]) => blobs.put(file, `${act.key}/${name}`));
    return outbox.add(act);
  });
}

/* The same for more of an act that is there already. */
export function amendAct(act, files) {
  return transact(["outbox", "blobs"], "readwrite", ({ outbox, blobs }) => {
    Object.entries(files).forEach(([name, file]) => blobs.put(file, `${act.key}/${name}`));
    return outbox.put(act);
  });
}

export function dropFiles(act) {
  return write("blobs", (store) => act.files.forEach((name) => store.delete(`${act.key}/${name}`)));
}

/* Takes acts away with their files. */
export function dropActs(list) {
  return transact(["outbox", "blobs"], "readwrite", ({ outbox, blobs }) => {
    for (const act of list) {
      outbox.delete(act.seq);
      act.files.forEach((name) => blobs.delete(`${act.key}/${name}`));
    }
  });
}

/* Empties the phone; what it calls itself stays, unless the office has revoked that name. */
export async function wipe(revoked) {
  const names = Object.keys(STORES);
  const phone = await meta("phone");
  await transact(names, "readwrite", (stores) => {
    names.forEach((name) => stores[name].clear());
    if (phone && !revoked) stores.meta.put(phone, "phone");
  });
}
