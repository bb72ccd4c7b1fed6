import type { admin as english } from "./admin.en";

/** L'amministrazione, in italiano. */
export const admin: typeof english = {
  admin: "Amministrazione",
  adminPages: {
    quarantine: "Quarantena",
    deliveries: "Invii falliti",
    audit: "Modifiche",
  },
  nothingHeld: "Non c'è nulla in quarantena: ogni messaggio è stato letto.",
  heldHelp:
    "Messaggi autentici che non si sono potuti leggere o salvare. Nulla è perso: riprova quando la causa è risolta.",
  raw: "Com'è arrivato",
  replay: "Riprova",
  discard: "Rinuncia",
  discardSure: "Rinunciare a questo messaggio? Sarà eliminato con i messaggi originali del suo periodo.",
  nothingFailed: "Ogni risposta è arrivata o è in viaggio.",
  retry: "Invia di nuovo",
  retryAll: (failure) => `Invia di nuovo tutti: ${failure}`,
  tries: (count) => (count === 1 ? "1 tentativo" : `${count} tentativi`),
  failures: {
    unreachable: "non raggiungibile",
    throttled: "il fornitore chiede di rallentare",
    unavailable: "il fornitore non era disponibile",
    unauthorised: "le credenziali del canale sono state rifiutate",
    rejected: "rifiutato",
    bad_recipient: "nessuno ha questo indirizzo",
    too_large: "troppo grande",
    misconfigured: "al canale manca un'impostazione",
  },
  changes: (count) => (count === 1 ? "1 modifica" : `${count} modifiche`),
};
