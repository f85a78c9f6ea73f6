"""The plugin beside the plugins that people use: `make neighbours`."""
