"""Lists of devices come in: `reading` a file, what its `columns` mean, `checking` its rows; `batches` has the verbs."""
