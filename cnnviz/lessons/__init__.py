"""One idea a file, worked out and returned as data; `cnnviz.render` shows it."""
