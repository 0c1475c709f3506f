"""Hosting: instances of images that nodes run, what their policy says of them, and how they stand."""
