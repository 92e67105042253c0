"""The data contract as code: how a model's files and requests are read, wherever that happens.

Standard library only, because this one package is shipped to Lambda, Glue, training and serving.
"""
