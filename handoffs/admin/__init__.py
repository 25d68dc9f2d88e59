"""The admin's pages, one file a noun; ``site.py`` lists them."""
