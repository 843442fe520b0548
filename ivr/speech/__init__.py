"""Words to sound: readings, engines, the telephone's audio chain, the files and their making.

Web processes use `store` alone; engines are loaded by `build`, and only when there is something to make.
"""
