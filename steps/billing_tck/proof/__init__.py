"""The proof that the kit judges rightly: it fails no innocent implementation, and catches every guilty one."""
