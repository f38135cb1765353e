"""How a request reaches Cekat. Everything a library raises becomes one of this package's errors here."""
